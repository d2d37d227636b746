import { targetContract } from '../../contract/target.ts'
import { serviceConnectionWorld, variableGroupWorld } from './project-world.ts'

targetContract('A variable group', variableGroupWorld)
targetContract('A service connection', serviceConnectionWorld)

import { storeContract } from '../../contract/store.ts'
import { fileWorld } from './file-world.ts'

storeContract('the file store', () => fileWorld())

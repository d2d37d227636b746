import { storeContract } from '../../contract/store.ts'
import { vaultWorld } from './vault-world.ts'

storeContract('Azure Key Vault', () => vaultWorld())

import type { Sequence } from '../sequence.ts'
import { azureSdkTools } from './azure-sdk-tools.ts'
import { azureauth } from './azureauth.ts'
import { dnceng } from './dnceng.ts'
import { patrol } from './patrol.ts'
import { pairThatKeepsTheNewest, pairThatKeepsTheStored } from './script-pair.ts'
import { script } from './script.ts'
import { terraformProvider } from './terraform-provider.ts'

export const sequences: readonly Sequence[] = [
  script,
  pairThatKeepsTheStored,
  pairThatKeepsTheNewest,
  azureauth,
  terraformProvider,
  azureSdkTools,
  dnceng,
  patrol,
]

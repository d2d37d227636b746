import { AdoptionJudge } from './adoption-judge.ts'
import { EmergencyJudge } from './emergency-judge.ts'
import type { Memory } from './memory.ts'
import { RetirementJudge } from './retirement-judge.ts'
import { RollbackJudge } from './rollback-judge.ts'
import { SuccessionJudge } from './succession-judge.ts'

/** Who watches over what persons ask for, one for each kind of wish. */
export class WishJudges {
  readonly emergencies: EmergencyJudge
  readonly retirements: RetirementJudge
  readonly successions: SuccessionJudge
  readonly rollbacks: RollbackJudge
  readonly adoptions: AdoptionJudge

  constructor({ estate, holds, history, report }: Memory) {
    this.retirements = new RetirementJudge(estate, report)
    this.emergencies = new EmergencyJudge(estate, history, report)
    this.adoptions = new AdoptionJudge(estate, history, report)
    this.successions = new SuccessionJudge(estate, holds, history, report)
    this.rollbacks = new RollbackJudge(estate, holds, history, report)
  }
}

export type { AccessDifference, ReplayReport } from './replay.ts'
export { replayAccess } from './replay.ts'

export { formatLitmus } from './format.ts'
export type { LitmusOptions, LitmusReport, LitmusRow, LitmusVerdict } from './run.ts'
export { runLitmus } from './run.ts'

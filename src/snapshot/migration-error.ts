/** Why a machine was not moved. */
export type MigrationFailure =
  /** The guest stores faster than the stream takes it. */
  | 'does not converge'
  /** The stream broke, or the target has refused the machine. */
  | 'failed'
  /**
   * The target had all of it and was told to take it, and whether it did is not known, since the stream broke right then. The
   * source was not resumed: two machines might run.
   */
  | 'unknown'

/** A machine that was not moved. Unless `reason` is `unknown`, the source goes on, and the target has nothing of it. */
export class MigrationError extends Error {
  readonly reason: MigrationFailure

  constructor(reason: MigrationFailure, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'MigrationError'
    this.reason = reason
  }
}

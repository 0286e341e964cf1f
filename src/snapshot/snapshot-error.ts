/** A saved machine, or a stream of one, that is refused: damaged, cut off, out of order, or of another machine. */
export class SnapshotError extends Error {
  /** Where in the file it was found, bytes from its beginning; undefined where it lies in no place. */
  readonly offset: number | undefined
  /** Of a base and increments the index of the one that is meant. */
  readonly file: number
  /**
   * False, but where restoreMachine says otherwise: the machine is as it was. True: it is half another one's, and must not run.
   */
  readonly changed: boolean

  constructor(message: string, where: { offset?: number | undefined; file?: number; changed?: boolean } = {}) {
    super(message)
    this.name = 'SnapshotError'
    this.offset = where.offset
    this.file = where.file ?? 0
    this.changed = where.changed ?? false
  }
}

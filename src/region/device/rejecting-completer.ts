import type { Value } from '../../ram/access/cell-values.ts'
import { MemTxResult } from '../../request/result.ts'
import { type Completer, completion, endWith } from './completer.ts'

/** Answers where nothing is mapped, at reservations, and for writes to ROM: zero data, DECODE_ERROR (RULES E5). */
class RejectingCompleter implements Completer {
  readonly maxSize = 4
  readonly unaligned = false
  readonly endianness = 'native'

  get debug(): Completer {
    return this
  }

  /** Who stands in for it has it answer requests: what nothing accepts is rejected in few steps, however long it is. */
  get requests(): Completer {
    return this
  }

  get note(): undefined {
    return undefined
  }

  get bus(): undefined {
    return undefined
  }

  accepts(): boolean {
    return false
  }

  read(_offset: number, size: number): Value {
    return endWith(MemTxResult.DECODE_ERROR, size)
  }

  write(): void {
    completion.result = MemTxResult.DECODE_ERROR
  }
}

export const REJECTING: Completer = /* @__PURE__ */ new RejectingCompleter()

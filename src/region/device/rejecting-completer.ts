import { MemTxResult } from '../../request/result.ts'
import { type Completer, completion } from './completer.ts'

/** Answers where nothing is mapped, at reservations, and for writes to ROM: zero data, DECODE_ERROR (RULES E5). */
class RejectingCompleter implements Completer {
  readonly maxSize = 4
  readonly unaligned = false
  readonly endianness = 'native'

  accepts(): boolean {
    return false
  }

  read(): number {
    completion.result = MemTxResult.DECODE_ERROR
    return 0
  }

  write(): void {
    completion.result = MemTxResult.DECODE_ERROR
  }

  read64(): bigint {
    completion.result = MemTxResult.DECODE_ERROR
    return 0n
  }

  write64(): void {
    completion.result = MemTxResult.DECODE_ERROR
  }
}

export const REJECTING: Completer = /* @__PURE__ */ new RejectingCompleter()

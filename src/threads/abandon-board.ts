import { announceEnd } from './announce-end.ts'
import { controlWords } from './control-block.ts'
import { type BoardHandle, openHandle } from './handle.ts'

/**
 * Says in place of an owner whose thread has ended that the board is gone. Members that wait, now or later, have an Error
 * thrown within a second. Any thread may call it that has a handle of the board.
 */
export function abandonBoard(handle: BoardHandle): void {
  const { control, layout } = openHandle(handle)
  announceEnd(controlWords(control), layout)
}

// A hart's thread: a member of the board.

import { parentPort, workerData } from 'node:worker_threads'
import { pageTable } from 'guestmem/page-table'
import { Attention, Member } from 'guestmem/threads'
import { Hart } from './hart/hart.mjs'
import { hartOffset, STATE, tableEntries, tableOffset } from './layout.mjs'
import { ticksSince } from './time.mjs'

/** So many instructions at most between two safe points. */
const SLICE = 16_384

const { handle, memory, module, startedAt, pc } = workerData
const member = new Member(handle)
const { id, space } = member
const table = pageTable(space, { memory, offset: tableOffset(id) })
// It is a constant of the module.
if (table.entries !== tableEntries(id)) throw new Error('the page table has another layout than the hart was made for')
const words = new Int32Array(memory.buffer)
const wires = (hartOffset(id) + STATE.wires) / 4
const takeWires = () => hart.privileged.setWires(Atomics.load(words, wires))
const hart = new Hart({
  id,
  memory,
  module,
  space,
  time: ticksSince(startedAt),
  attention: member.attentionAddress,
  onAccess: takeWires,
})
hart.pc = BigInt(pc)
// By the calling convention of firmware: which hart it is.
hart.state[10] = BigInt(id)

const began = performance.now()
let haltedMs = 0
member.run(() => {
  for (let waits = false; ; ) {
    const why = waits ? halt() : member.poll()
    if (why & Attention.STOP) return
    if (why & Attention.INTERRUPT) member.takeInterrupts()
    takeWires()
    waits = (waits && !hart.privileged.isWoken) || hart.run(SLICE)
  }
})
const ms = performance.now() - began
parentPort.postMessage({
  instructions: Number(hart.retired),
  calls: hart.bus.calls,
  ms,
  haltedMs,
  calledMs: hart.bus.ms,
})

function halt() {
  const start = performance.now()
  const why = member.halt()
  haltedMs += performance.now() - start
  return why
}

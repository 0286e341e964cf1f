import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { gunzipSync } from 'node:zlib'
import { GuestRam } from 'guestmem'
import { Board } from 'guestmem/threads'
import { parseTrace, type TraceCase } from '../../../src/qemu/replay-format.ts'
import { ReplayMemory } from '../../../src/qemu/replay-knowledge.ts'
import { ReplayMachine } from '../../../src/qemu/replay-machine.ts'
import { askedOutcome, isRejection, plainOutcome, recordedOutcome } from '../../../src/qemu/replay-outcome.ts'
import { Mailbox } from './mailbox.ts'

// Owns the machine of a recording, and judges it as replayAccess does; another thread's members make the requests.

const { path, mailbox, most } = workerData
const trace = parseTrace(JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')))
const memory = new ReplayMemory(trace)
const ram = GuestRam.allocate(16 * 2 ** 20)
const mail = new Mailbox(mailbox)
const boards: Board[] = []

/** A recorded machine whose requests are made by members: a board for each of its spaces. */
function remote(machine: ReplayMachine): ReplayMachine {
  const first = boards.length
  for (const key of ['m', 'i'] as const)
    for (const way of ['read', 'write'] as const)
      boards.push(new Board(machine.spaces[key][way], ram, { members: 1, ranges: 4096 }))
  const request = (item: TraceCase): { bytes: Uint8Array; result: number } => {
    machine.tape.start(item)
    const board = first + (item.space === 'm' ? 0 : 2) + (item.write ? 1 : 0)
    const bytes = item.write ? item.bytes : new Uint8Array(item.bytes.length).fill(0xa5)
    mail.ask({ board, write: item.write, address: Number(item.address), bytes })
    boards[board]?.serve(() => mail.isDone)
    const answer = mail.result(bytes.length)
    return { bytes: item.write ? item.bytes : answer.bytes, result: answer.result }
  }
  return { tape: machine.tape, request } as unknown as ReplayMachine
}

const asked = remote(new ReplayMachine(trace, memory, true))
const plain = remote(new ReplayMachine(trace, memory, false))
parentPort?.postMessage(boards.map(board => board.handle()))

setImmediate(() => {
  const different: unknown[] = []
  let made = 0
  const step = Math.max(1, Math.floor(trace.cases.length / most))
  trace.cases.forEach((item, index) => {
    const isPredictable = item.kind !== 'n' && item.kind !== 'u' && item.address < 2n ** 52n
    if (!isPredictable || index % step !== 0 || !memory.prepare(item)) memory.skipped(item)
    else {
      made++
      const expected = recordedOutcome(item)
      const { outcome, direct } = askedOutcome(asked, trace, item)
      memory.wrote(item, direct)
      const got = plainOutcome(plain, item)
      if (outcome.join() !== expected.join() || got.join() !== expected.filter(line => !isRejection(line)).join())
        different.push({ index, expected, outcome, got })
    }
    memory.told(item)
  })
  mail.ask({ board: -1, write: false, address: 0, bytes: new Uint8Array(0) })
  parentPort?.postMessage({ made, different: different.slice(0, 3), count: different.length })
})

import { parentPort, workerData } from 'node:worker_threads'
import { TraceRing } from 'guestmem/trace'

/** What a thread that drained saw. */
export interface DrainReport {
  readonly drained: number
  readonly torn: number
  readonly disordered: number
}

const { buffer, total } = workerData as { buffer: SharedArrayBuffer; total: number }
const ring = TraceRing.open(buffer)
let drained = 0
let torn = 0
let disordered = 0
let last = -1
parentPort?.postMessage('ready')
while (last < total) {
  for (const { sequence, address, offset, value } of ring) {
    drained++
    if (address !== sequence || offset !== sequence || value !== BigInt(sequence)) torn++
    if (sequence <= last) disordered++
    last = sequence
  }
}
parentPort?.postMessage({ drained, torn, disordered } satisfies DrainReport)

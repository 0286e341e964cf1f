import { Cells } from '../../src/ram/access/cells.ts'
import { viewsOf } from '../../src/ram/access/views.ts'
import type { Lane, ScratchPolicy } from '../../src/ram/copy/lane.ts'
import { ScriptLane } from '../../src/ram/copy/script-lane.ts'
import { privateStage } from '../../src/ram/copy/stage.ts'
import { UserBuffers } from '../../src/ram/copy/user-buffer.ts'
import { WasmLane } from '../../src/ram/copy/wasm-lane.ts'
import { kernelBytes } from '../../src/ram/kernels/kernel.ts'
import { BUILDS } from './builds.ts'
import { instrument } from './instrumented.ts'
import { AccessLog } from './log.ts'
import { watchViews } from './logged-views.ts'

/** A lane as it ships, on guest RAM all of whose accesses are logged: by kernels and by script alike. */
export interface LoggedLane {
  readonly name: string
  readonly lane: Lane
  readonly log: AccessLog
  readonly ram: Uint8Array
  readonly atomic: boolean
  readonly loadsUnaligned: boolean
  /** Addresses from this one on are the test's; below and behind them the lane may keep its scratch. */
  readonly start: number
  readonly scratch: readonly [start: number, end: number]
}

const PAGE = 65536
const UNLIMITED: ScratchPolicy = { limit: Number.MAX_SAFE_INTEGER, beyond: 'refuse' }

/** @param pages Guest RAM, in pages of 64 KiB; the first two are not the test's. */
export function loggedLanes(pages: number): LoggedLane[] {
  return [
    scriptLane(pages, false),
    scriptLane(pages, true),
    ...BUILDS.map(([tier, memories]): LoggedLane => {
      const log = new AccessLog()
      const two = memories === 2
      const { kernel, memory, ram } = instrument(kernelBytes(tier, memories), {
        pages,
        log,
        ...(two && { tmp: privateStage().memory }),
      })
      const atomic = tier === 'language'
      const views = watchViews(viewsOf(memory.buffer), log)
      const cells = new Cells(views, kernel, { atomic, oneAccess: true, unaligned: 'split' })
      const users = new UserBuffers(memory.buffer)
      const script = new ScriptLane(views, cells, UNLIMITED, users)
      // The module is only asked whether its scratch is a memory of its own; an overlong scratch would need one anew.
      const module = { module: undefined as unknown as WebAssembly.Module, privateScratch: two }
      return {
        name: `wasm lane, ${tier} for ${memories}`,
        lane: new WasmLane(kernel, module, memory, script, views, cells, UNLIMITED, users),
        log,
        ram,
        atomic,
        loadsUnaligned: true,
        start: 2 * PAGE,
        scratch: two ? [0, 2 * PAGE] : [pages * PAGE, Number.POSITIVE_INFINITY],
      }
    }),
  ]
}

function scriptLane(pages: number, atomic: boolean): LoggedLane {
  const log = new AccessLog()
  const buffer = new SharedArrayBuffer(pages * PAGE)
  const views = watchViews(viewsOf(buffer), log)
  const cells = new Cells(views, undefined, { atomic, oneAccess: false, unaligned: 'split' })
  return {
    name: `script lane, ${atomic ? 'language' : 'host'} order`,
    lane: new ScriptLane(views, cells, UNLIMITED, new UserBuffers(buffer)),
    log,
    ram: new Uint8Array(buffer),
    atomic,
    loadsUnaligned: false,
    start: 2 * PAGE,
    scratch: [0, 0],
  }
}

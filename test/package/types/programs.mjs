// What users write, as text: the compilers of the matrix read it beside an installed package.

/** Every door. */
const DOORS = `
import { AddressSpace, GuestRam, type GuestRamHandle, MemoryRegion, type MemoryRegionOps, MemTxResult, RamBlock, type SharedUint8Array } from 'guestmem'
import { formatLitmus, type LitmusOptions, type LitmusReport, runLitmus } from 'guestmem/litmus'
import { PAGE_READ, type PageTable, pageTable, pageTableBytes, type SlowAccesses, slowAccesses } from 'guestmem/page-table'
import { formatMtree, machineFromJson, type QemuMachine } from 'guestmem/qemu'
import { Attention, Board, type BoardHandle, Member } from 'guestmem/threads'
import { type Checkpoint, checkpoint, restoreMachine, type SavedDevice, saveMachine } from 'guestmem/snapshot'
import { parseRegionInfo, type VfioRegionReport, vfioRegions } from 'guestmem/vfio'

const ram = GuestRam.allocate(2 ** 20)
const block: RamBlock = ram.block('ram', 4096)
const ops: MemoryRegionOps = { read: (offset: number, size: number) => offset + size, write: () => {} }
const system: MemoryRegion = MemoryRegion.container('system', 2 ** 32)
system.addSubregion(0, MemoryRegion.ram('ram', block))
system.addSubregion(0x1000, MemoryRegion.io('io', ops, 16))
export const space: AddressSpace = new AddressSpace('memory', system)
export const result: MemTxResult = space.write(0, new Uint8Array(4))
export const value: number = space.load32(0)
export const wide: bigint = space.load64(0)

export const uart: SavedDevice = { save: () => 5, load: (state: unknown) => void state }
export const point: Checkpoint = checkpoint(space, { devices: { uart } })
export const restored: Promise<void> = restoreMachine(space, () => saveMachine(space))

// What one thread posts is what another attaches, whatever it knows of WebAssembly.
export const handle: GuestRamHandle = ram.handle
export const there: GuestRam = GuestRam.attach(handle)
export const memory: { grow(delta: number): number } | undefined = handle.memory

// A view says which buffer it is on, in every version.
const view: SharedUint8Array = block.view()
export const buffer: SharedArrayBuffer = view.buffer
export const part: SharedArrayBuffer = block.view(1, 2).subarray(1).buffer
export const bytes: Uint8Array = view
space.read(0, view)

export const options: LitmusOptions = { seconds: 1, worker: { href: 'https://example.org/litmus-worker.js' } }
export const report: Promise<LitmusReport> = runLitmus(options)
export const table: Promise<string> = report.then(formatLitmus)
export const machine: QemuMachine = machineFromJson({})
export const tree: string = formatMtree(machine.spaces)
const { info, skipped }: VfioRegionReport = parseRegionInfo(new Uint8Array(32))
export const reasons: string[] = skipped.map(one => one.reason)
// What a door gives is of the same class as what the face has.
export const region: MemoryRegion = vfioRegions(info, { read: () => 0, write: () => 0 }).region
system.addSubregion(0x2000, region)
export const first: AddressSpace | undefined = machine.spaces[0]
if (handle.memory === undefined) throw new Error('no memory')
export const pages: PageTable = pageTable(space, { memory: handle.memory, offset: 0, addressBits: 16, onPagesChanged: (from: number, to: number) => from + to })
export const readable: boolean = (pages.entryOf(0) & PAGE_READ) !== 0
export const calls: SlowAccesses = slowAccesses(pages)
export const much: number = pageTableBytes({ addressBits: 16 })
// What one thread makes of a board's handle is of these classes, too.
const board: Board = new Board(space, ram, { members: 2, onStall: (id: number) => id })
export const place: BoardHandle = board.handle()
export const stop: () => void = board.listen()
export const settled: Promise<void> = board.settled
export const member: Member = new Member(place, { onMap: () => {} })
export const seen: number = member.run(() => member.space.load32(0) + (member.poll() & Attention.INTERRUPT))
`

/** From TypeScript 5.7 on typed arrays name their buffer. */
const SHARED_BYTES = `
import type { RamBlock, SharedUint8Array } from 'guestmem'

declare const block: RamBlock
export const view: Uint8Array<SharedArrayBuffer> = block.view()
export const part: Uint8Array<SharedArrayBuffer> = block.view().subarray(1)
export const back: SharedUint8Array = new Uint8Array(new SharedArrayBuffer(4))
// @ts-expect-error A shared view is not one of bytes that nobody else sees.
export const heap: Uint8Array<ArrayBuffer> = block.view()
// @ts-expect-error Nor the other way round.
export const shared: SharedUint8Array = new Uint8Array(4)
export const copy: Uint8Array<ArrayBuffer> = block.view().slice()
`

/** A CommonJS file. */
const REQUIRED = `
import guestmem = require('guestmem')
import litmus = require('guestmem/litmus')
import pages = require('guestmem/page-table')
import qemu = require('guestmem/qemu')
import threads = require('guestmem/threads')
import snapshot = require('guestmem/snapshot')
import vfio = require('guestmem/vfio')

export const block: guestmem.RamBlock = guestmem.GuestRam.allocate(4096).block('ram', 4096)
export const region: guestmem.MemoryRegion = guestmem.MemoryRegion.ram('ram', block)
export const report: Promise<litmus.LitmusReport> = litmus.runLitmus()
export const picture: string = qemu.flatViewToSvg(new guestmem.AddressSpace('memory', region))
export const board: threads.Board = new threads.Board(new guestmem.AddressSpace('memory', region), guestmem.GuestRam.allocate(2 ** 20))
export const size: number = vfio.regionInfoSize(new Uint8Array(32))
export const contents: Promise<snapshot.SnapshotContents> = snapshot.readSnapshot(new Uint8Array(64))
export const table: number = pages.pageTableBytes()
`

/** With the library DOM, what is declared of WebAssembly is that library's, unchanged. */
const DOM = `
import { GuestRam } from 'guestmem'
import { runLitmus } from 'guestmem/litmus'

const { memory } = GuestRam.allocate(4096).handle
export const own: WebAssembly.Memory | undefined = memory
export const grown: number | undefined = memory?.grow(1)
export const length: number | undefined = memory?.buffer.byteLength
declare const module: WebAssembly.Module
if (memory !== undefined) new WebAssembly.Instance(module, { guest: { memory } })

const address = new URL('https://example.org/litmus-worker.js')
void runLitmus({ worker: address })
void runLitmus({ worker: () => new Worker(address, { type: 'module' }) })
`

const NODE = `
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { runLitmus } from 'guestmem/litmus'
import { serveQtest } from 'guestmem/qemu'

new Worker('./worker.js').postMessage(GuestRam.allocate(4096).handle)
void runLitmus({ worker: () => new Worker('./litmus-worker.js') })
void runLitmus({ worker: new URL('file:///litmus-worker.js') })
void serveQtest(connect(1), { memory: new AddressSpace('memory', MemoryRegion.container('system', 4096)) })
`

export const PROGRAMS = {
  'doors.ts': DOORS,
  'shared-bytes.ts': SHARED_BYTES,
  'required.cts': REQUIRED,
  'dom.ts': DOM,
  'node.ts': NODE,
}

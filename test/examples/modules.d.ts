// The examples are plain JavaScript; what the tests use of them.

declare module '*/examples/avr/intel-hex.mjs' {
  export function loadIntelHex(text: string, bytes: Uint8Array): number
}

declare module '*/examples/avr/firmata.mjs' {
  export function decodeGreeting(
    bytes: readonly number[],
  ): { protocol: string; firmware: string; name: string } | undefined
  export function hex(bytes: readonly number[]): string
}

declare module '*/examples/avr/uno.mjs' {
  import type { CPU } from 'avr8js'
  import type { AddressSpace } from 'guestmem'

  interface Counts {
    readonly memory: AddressSpace
    readonly loads: number
    readonly stores: number
    readonly ioLoads: number
    readonly ioStores: number
  }
  export class Uno<C extends CPU = CPU> {
    static alone(firmware: string): Uno
    static onGuestmem(firmware: string): Uno<CPU & Counts>
    readonly cpu: C
    readonly sent: number[]
    readonly state: object
    runTo(cycles: number): void
  }
}

declare module '*/examples/avr/saved-state.mjs' {
  import type { SavedDevices } from 'guestmem/snapshot'
  export function devicesOf(board: object): SavedDevices
}

declare module '*/examples/race/board.mjs' {
  import type { GuestRam, RamBlock } from 'guestmem'
  export class Board {
    static allocate(): GuestRam
    constructor(ram: GuestRam)
    readonly guest: RamBlock
    readonly device: RamBlock
  }
}

declare module '*/examples/race/copies.mjs' {
  export const COPIES: Record<string, (board: object) => (to: number, from: number, length: number) => void>
}

declare module '*/examples/race/run.mjs' {
  import type { Worker } from 'node:worker_threads'
  export function runRace(
    race: 'descriptor' | 'word',
    copy: string,
    start?: (workerData: object) => Worker,
  ): Promise<{ meetings: number; caught: number }>
}

declare module '*/examples/gh100/story.mjs' {
  import type { Worker } from 'node:worker_threads'

  export interface Run {
    readonly bar: 2 | 4
    readonly host: string
    readonly told: string | undefined
    readonly policy: string
    readonly disk: string
    readonly ends: string
    readonly directBytes: number
    readonly bouncedBytes: number
    readonly mapFailures: number
    readonly widths: Readonly<Record<1 | 2 | 4 | 8, number>>
    readonly kernelBytes: number
    readonly faults: number
    readonly hazards: readonly string[]
    readonly frozen: boolean
    readonly why: string | undefined
    readonly requests: number
    readonly right: boolean
  }
  export function tellStory(options?: { quick?: boolean; start?: () => Worker }): Promise<Run[]>
}

declare module '*/examples/gh100/chapters.mjs' {
  export function isAsTold(ends: string, seen: object, bytes: number): boolean
}

declare module '*/examples/gh100/memcpy.mjs' {
  import type { HostAccess } from 'guestmem'
  export function memcpyFaults(allowed: HostAccess, address: number, length: number): number
}

declare module '*/examples/gh100/virtio-blk.mjs' {
  import type { AddressSpace } from 'guestmem'

  export class VirtioBlk {
    constructor(
      memory: AddressSpace,
      file: number,
      queue: { desc: number; avail: number; used: number },
      options?: { carry?: unknown; setNeedsReset?: () => void },
    )
    readonly needsReset: string | undefined
    readonly waiting: boolean
    readonly counts: { readonly directBytes: number; readonly bouncedBytes: number; readonly mapFailures: number }
    kick(): void
  }
}

declare module '*/examples/gh100/carry.mjs' {
  export const byMap: unknown
  export const bySpace: unknown
}

declare module '*/examples/cpu.mjs' {
  import type { AddressSpace } from 'guestmem'
  export function asCpu(space: AddressSpace): AddressSpace
}

declare module '*/examples/sector-disk.mjs' {
  import type { AddressSpace } from 'guestmem'
  export const SECTOR_BYTES: number
  export const BUSY: number
  export const DONE: number
  export const FAILED: number
  export function serve(bus: AddressSpace, sector: number, buffer: number | bigint): void
}

declare module '*/examples/emulators/thumb.mjs' {
  export function assemble(lines: readonly (string | readonly (string | number)[])[]): Uint8Array
}

declare module '*/examples/emulators/rp2040-board.mjs' {
  import type { AddressSpace } from 'guestmem'
  import type { RP2040 } from 'rp2040js'

  export class Board {
    static alone(): Board
    static onGuestmem(): Board & { readonly memory: AddressSpace }
    readonly chip: RP2040
    readonly sent: number[]
    readonly log: string[]
    readonly state: object
    run(instructions: number): void
  }
}

declare module '*/examples/emulators/mos6502.mjs' {
  export function assemble(
    origin: number,
    lines: readonly (string | readonly (string | number)[])[],
  ): { bytes: Uint8Array; labels: Map<string, number> }
}

declare module '*/examples/emulators/nes-rom.mjs' {
  export function makeRom(mapper: 0 | 2 | 4 | 7, banks: number): Uint8Array
}

declare module '*/examples/emulators/nes-bus.mjs' {
  import type { AddressSpace } from 'guestmem'
  export function putOnGuestmem(nes: object): AddressSpace
}

declare module '*/examples/emulators/nes-console.mjs' {
  import type { AddressSpace } from 'guestmem'

  export class Console {
    static alone(rom: Uint8Array): Console
    static onGuestmem(rom: Uint8Array): Console & { readonly memory: AddressSpace }
    readonly nes: {
      /** What jsnes does not declare. */
      readonly cpu: { mem: Uint8Array; read(address: number): number }
      readonly mmap: { readsPrgFromCpuMem(): boolean }
      toJSON(): object
      frame(): void
    }
    readonly pictures: string[]
    readonly saves: number
    readonly state: { readonly prg: string }
    run(frames: number): void
  }
}

declare module '*/examples/v86/machine.mjs' {
  import type { AddressSpace, MemoryRegion, RamBlock } from 'guestmem'

  /** Of v86's CPU, what the bridge and its tests use. */
  export interface Cpu {
    readonly wasm_memory: WebAssembly.Memory
    readonly io: object
    readonly devices: {
      readonly pci: {
        readonly device_spaces: readonly (Int32Array | undefined)[]
        pci_write8(address: number, value: number): void
        pci_write16(address: number, value: number): void
      }
    }
    jit_dirty_cache(start: number, end: number): void
    read_blob(address: number, length: number): Uint8Array
    write_blob(bytes: Uint8Array, address: number): void
    readonly memory_map_read8: readonly ((address: number) => number)[]
    readonly memory_map_read32: readonly ((address: number) => number)[]
    readonly memory_map_write8: readonly ((address: number, value: number) => void)[]
    readonly memory_map_write32: readonly ((address: number, value: number) => void)[]
  }
  export interface Lines {
    setInterrupt(level: boolean): void
    setMasterAbort(): void
  }
  export interface Card {
    readonly slot: number
    readonly address: number
  }
  export interface Bridge {
    readonly cpu: Cpu
    readonly block: RamBlock
    readonly dma: AddressSpace & { invalidate(address: number | bigint, length: number | bigint): void }
    plug(
      config: {
        vendor: number
        device: number
        classCode: number
        revision?: number
        capabilities?: ArrayLike<number>
      },
      make: (bus: AddressSpace, lines: Lines) => MemoryRegion,
    ): Card
  }
  export interface Emulator {
    readonly v86: { readonly cpu: Cpu }
    destroy(): Promise<void>
  }
  export function machine(options?: { ramBytes?: number }): Promise<{ emulator: Emulator; bridge: Bridge }>
  export function plugEdu(bridge: Bridge): Card
  export function plugDisk(bridge: Bridge, file: number): Card
  export function run(
    emulator: Emulator,
    onLine?: (name: string, value: number) => void,
  ): Promise<Record<string, number>>
}

declare module '*/examples/v86/linux/blob-memory.mjs' {
  import type { Cpu } from '*/examples/v86/machine.mjs'
  import type { MemTxResult } from 'guestmem'

  export class BlobMemory {
    constructor(cpu: Cpu)
    load16le(address: number): number
    store16le(address: number, value: number): void
    read(address: number | bigint, into: Uint8Array): MemTxResult
    write(address: number | bigint, bytes: Uint8Array): MemTxResult
    map(
      address: number | bigint,
      length: number,
      options: { write: boolean },
    ): { readonly bytes: Uint8Array; readonly length: number; unmap(): MemTxResult }
  }
}

declare module '*/examples/v86/linux/turns.mjs' {
  export function compared(
    name: string,
    pairs: readonly { ours: number; own: number }[],
  ): { name: string; ours: number; own: number; ratio: number }
  export function commonest(numbers: readonly number[]): number
}

declare module '*/examples/v86/linux/cpio.mjs' {
  export function cpio(files: Record<string, Uint8Array | undefined>): Uint8Array
}

declare module '*/examples/v86/linux/intx.mjs' {
  import type { Bridge, Card, Cpu } from '*/examples/v86/machine.mjs'
  export function plugMaskable(
    bridge: { readonly cpu: Cpu; plug: Bridge['plug'] },
    ...card: Parameters<Bridge['plug']>
  ): Card
}

declare module '*/examples/v86/linux/packages.mjs' {
  export class NoPackages extends Error {}
  export function unpackedPackages(folder: string, say: (what: string) => void): string
}

declare module '*/examples/v86/linux/shell.mjs' {
  export class Shell {
    constructor(
      emulator: {
        add_listener(name: string, listener: (byte: number) => void): void
        serial0_send(text: string): void
      },
      onLine?: (line: string) => void,
    )
    ready(): Promise<void>
    run(command: string): Promise<string>
  }
}

declare module '*/examples/v86/due.mjs' {
  export const DISK: Uint8Array
  export function dueLines(cards: { edu: { address: number }; disk: { address: number } }): Record<string, number>
  export function wrongBytes(read: (address: number, bytes: number) => Uint8Array, file: Uint8Array): string[]
}

declare module '*/examples/v86/virtio-blk-pci.mjs' {
  import type { AddressSpace, MemoryRegion } from 'guestmem'
  export const VIRTIO_BLK_CONFIG: { readonly capabilities: readonly number[] }
  export function virtioBlkPci(
    bus: AddressSpace,
    lines: { setInterrupt(level: boolean): void },
    file: number,
    Disk?: unknown,
  ): MemoryRegion
}

declare module '*/examples/wasm-cpu/accesses.mjs' {
  interface Table {
    readonly entries: number
    readonly pageSize: number
    readonly slots: number
  }
  interface Access {
    readonly address: string
    readonly entry: string
    readonly page?: string
    readonly slot?: string
    readonly size?: 1 | 2 | 4 | 8
  }
  export function load(table: Table, access: Access): string
  export function store(table: Table, access: Access, value: string): string
  export function slowImports(table: Table): string
  export function otherAccesses(table: Table): string
}

declare module '*/examples/wasm-cpu/board.mjs' {
  import type { AddressSpace } from 'guestmem'
  import type { PageTable } from 'guestmem/page-table'

  export const RAM: number
  export class Board {
    constructor(program: Uint32Array)
    readonly space: AddressSpace
    readonly table: PageTable
    readonly printed: string
    readonly calls: number
    registers(): Uint32Array
    run(most?: number): number
  }
}

declare module '*/examples/wasm-cpu/program.mjs' {
  import type { AddressSpace } from 'guestmem'

  export const PROGRAM: Uint32Array
  export const FROM: number
  export const TO: number
  export const WORDS: number
  export const ROUNDS: number
  export function prepare(space: AddressSpace): void
}

declare module '*/examples/wasm-cpu/rv32i.mjs' {
  type Three = (a: number, b: number, c: number) => number
  type Two = (a: number, b: number) => number
  export const add: Three,
    sub: Three,
    sll: Three,
    slt: Three,
    sltu: Three,
    xor: Three,
    srl: Three,
    sra: Three,
    or: Three
  export const and: Three, addi: Three, slti: Three, sltiu: Three, xori: Three, ori: Three, andi: Three, slli: Three
  export const srli: Three, srai: Three, lb: Three, lh: Three, lw: Three, lbu: Three, lhu: Three, sb: Three, sh: Three
  export const sw: Three, beq: Three, bne: Three, blt: Three, bge: Three, bltu: Three, bgeu: Three, jalr: Three
  export const lui: Two, auipc: Two, jal: Two
  export function ecall(): number
}

declare module '*/examples/page-tables.mjs' {
  import type { AddressSpace } from 'guestmem'

  export const PAGE_BYTES: number
  export const PRESENT: number
  export const WRITABLE: number
  export const ACCESSED: number
  export const DIRTY: number
  export function walk(memory: AddressSpace, directory: number, address: number, write: boolean): number | undefined
}

declare module '*/examples/smp/layout.mjs' {
  export const BOOT_ROM: number
  export const CLINT: number
  export const PLIC: number
  export const UART: number
  export const VIRTIO: number
  export const DOORBELL: number
  export const POWER: number
  export const RAM: number
  export const GUEST_RAM: number
  export const IRQ: { readonly virtio: number; readonly doorbell: number; readonly uart: number }
  export const STATE: {
    readonly pc: number
    readonly retired: number
    readonly attention: number
    readonly wires: number
  }
  export function hartOffset(hart: number): number
  export function tableOffset(hart: number): number
  export function linearMemory(ramBytes: number): WebAssembly.Memory
}

declare module '*/examples/smp/hart/assemble.mjs' {
  import type { PageTable } from 'guestmem/page-table'
  export function assembleHart(hart: { table: PageTable; offset: number }): WebAssembly.Module
}

declare module '*/examples/smp/hart/compressed.mjs' {
  export function writeExpansions(memory: WebAssembly.Memory): void
  export function expand(half: number): number
}

declare module '*/examples/smp/hart/hart.mjs' {
  import type { AddressSpace } from 'guestmem'

  export class Hart {
    constructor(options: {
      id: number
      memory: WebAssembly.Memory
      module: WebAssembly.Module
      space: AddressSpace
      time: () => bigint
      attention?: number
      onAccess?: () => void
    })
    readonly state: BigInt64Array
    readonly privileged: { readonly mode: number; readonly mip: bigint; setWires(bits: number): void }
    readonly bus: { readonly calls: number }
    readonly retired: bigint
    pc: bigint
    run(most: number): boolean
  }
}

declare module '*/examples/smp/assembler.mjs' {
  type Three = (a: number, b: number, c: number) => number
  type Two = (a: number, b: number) => number
  type None = () => number
  export const lui: Two, auipc: Two, jal: Two
  export const jalr: Three, beq: Three, bne: Three, blt: Three, bge: Three, bltu: Three, bgeu: Three
  export const lb: Three, lh: Three, lw: Three, ld: Three, lbu: Three, lhu: Three, lwu: Three
  export const sb: Three, sh: Three, sw: Three, sd: Three
  export const addi: Three, slti: Three, sltiu: Three, xori: Three, ori: Three, andi: Three
  export const slli: Three, srli: Three, srai: Three, addiw: Three, slliw: Three, srliw: Three, sraiw: Three
  export const add: Three, sub: Three, sll: Three, slt: Three, sltu: Three, xor: Three, srl: Three, sra: Three
  export const or: Three, and: Three, addw: Three, subw: Three, sllw: Three, srlw: Three, sraw: Three
  export const mul: Three, mulh: Three, mulhsu: Three, mulhu: Three, div: Three, divu: Three, rem: Three, remu: Three
  export const mulw: Three, divw: Three, divuw: Three, remw: Three, remuw: Three
  export const csrrw: Three, csrrs: Three, csrrc: Three, csrrwi: Three, csrrsi: Three, csrrci: Three
  export const fence: None, fenceI: None, ecall: None, ebreak: None, mret: None, sret: None, wfi: None
  type Amo = Readonly<Record<'w' | 'd', Three>>
  export const amo: Readonly<
    Record<'add' | 'swap' | 'lr' | 'sc' | 'xor' | 'or' | 'and' | 'min' | 'max' | 'minu' | 'maxu', Amo>
  >
  export const X: Readonly<Record<string, number>>
  export class Program {
    constructor(origin: number)
    readonly origin: number
    readonly here: number
    readonly words: Uint32Array
    add(...words: number[]): this
    label(name: string): this
    address(name: string): number
    branch(instruction: Three, rs1: number, rs2: number, name: string): this
    jump(name: string, rd?: number): this
    la(rd: number, name: string): this
    li(rd: number, value: number): this
  }
}

declare module '*/examples/smp/hart/privileged.mjs' {
  export const MIP: Readonly<Record<'SSIP' | 'MSIP' | 'STIP' | 'MTIP' | 'SEIP' | 'MEIP', number>>
}

declare module '*/examples/smp/program/run-program.mjs' {
  import type { Worker } from 'node:worker_threads'
  export function runProgram(options: {
    harts?: number
    rounds?: number
    turns?: number
    sectors?: number
    start?: (workerData: object) => Worker
  }): Promise<{
    code: number
    printed: string
    counts: { swap: bigint; reserved: bigint; added: bigint }
    turns: bigint[]
    sum: bigint
    wrongSectors: number[]
    runs: { instructions: number; calls: number }[]
  }>
}

declare module '*/examples/smp/devices/clint.mjs' {
  import type { Wires } from '*/examples/smp/devices/wires.mjs'
  import type { MemoryRegion } from 'guestmem'
  export class Clint {
    constructor(options: { harts: number; wires: Pick<Wires, 'set'>; time: () => bigint; hz: number })
    readonly region: MemoryRegion
    close(): void
  }
}

declare module '*/examples/smp/devices/plic.mjs' {
  import type { Wires } from '*/examples/smp/devices/wires.mjs'
  import type { MemoryRegion } from 'guestmem'
  export class Plic {
    constructor(harts: number, wires: Pick<Wires, 'set'>)
    readonly region: MemoryRegion
    set(source: number, level: boolean): void
  }
}

declare module '*/examples/smp/devices/uart.mjs' {
  import type { MemoryRegion } from 'guestmem'
  export class Uart {
    constructor(send: (byte: number) => void, setInterrupt: (level: boolean) => void)
    readonly region: MemoryRegion
    receive(bytes: Iterable<number>): void
  }
}

declare module '*/examples/smp/devices/virtio-mmio.mjs' {
  import type { AddressSpace, MemoryRegion } from 'guestmem'
  export class VirtioMmio {
    constructor(bus: AddressSpace, file: number, setInterrupt: (level: boolean) => void)
    readonly region: MemoryRegion
    readonly kicks: number
  }
}

declare module '*/examples/smp/devices/power.mjs' {
  import type { MemoryRegion } from 'guestmem'
  export function powerRegion(off: (code: number) => void): MemoryRegion
}

declare module '*/examples/smp/devices/wires.mjs' {
  import type { Board } from 'guestmem/threads'
  export class Wires {
    constructor(board: Pick<Board, 'afterSettled' | 'raise'>, memory: WebAssembly.Memory, harts: number)
    set(hart: number, bit: number, level: boolean): void
  }
}

declare module '*/examples/smp/fdt.mjs' {
  type Property = string | string[] | number | number[] | true
  export interface Node {
    [name: string]: Property | Node
  }
  export function flattenedDeviceTree(root: Node): Uint8Array
}

declare module '*/examples/smp/firmware/device-tree.mjs' {
  export function deviceTree(machine: { harts: number; ramBytes: number }): Uint8Array
}

declare module '*/examples/smp/firmware/fat16.mjs' {
  export function fat16Disk(files: Record<string, Uint8Array>): Buffer
}

declare module '*/examples/smp/firmware/boot-script.mjs' {
  export function bootScript(text: string): Buffer
}

declare module '*/examples/smp/firmware/packages.mjs' {
  export function firmware(folder: string, say: (what: string) => void): { opensbi: Uint8Array; uBoot: Uint8Array }
}

declare module '*/examples/debian-packages.mjs' {
  export class NoPackages extends Error {}
}

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

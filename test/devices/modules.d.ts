// The examples are plain JavaScript; what the tests use of them.

declare module '*/examples/devices/fw-cfg.mjs' {
  import type { AddressSpace, MemoryRegion } from 'guestmem'

  export const FW_CFG_ID: number
  export const FW_CFG_FILE_DIR: number
  export const FW_CFG_DMA_CTL_ERROR: number
  export const FW_CFG_DMA_CTL_READ: number
  export const FW_CFG_DMA_CTL_SKIP: number
  export const FW_CFG_DMA_CTL_SELECT: number
  export const FW_CFG_DMA_CTL_WRITE: number
  export class FwCfg {
    constructor(bus: AddressSpace)
    addItem(key: number, bytes: Uint8Array, writable?: boolean): void
    addFile(name: string, bytes: Uint8Array, writable?: boolean): number
    mapMemory(container: MemoryRegion, base: number): void
    mapPorts(container: MemoryRegion, base?: number): void
  }
}

declare module '*/examples/devices/pam.mjs' {
  import type { MemoryRegion } from 'guestmem'

  export const I440FX_PAM0: number
  export const Q35_PAM0: number
  export class Pam {
    constructor(system: MemoryRegion, ram: MemoryRegion, pci: MemoryRegion, pam0?: number)
    readConfig(offset: number, size: number): number
    writeConfig(offset: number, value: number, size: number): void
  }
}

declare module '*/examples/devices/edu.mjs' {
  import type { AddressSpace, MemoryRegion } from 'guestmem'

  export const IDENTIFICATION: number
  export const LIVENESS: number
  export const FACTORIAL: number
  export const STATUS: number
  export const INTERRUPT_STATUS: number
  export const INTERRUPT_RAISE: number
  export const INTERRUPT_ACKNOWLEDGE: number
  export const DMA_SOURCE: number
  export const DMA_DESTINATION: number
  export const DMA_COUNT: number
  export const DMA_COMMAND: number
  export const STATUS_COMPUTING: number
  export const STATUS_INTERRUPT: number
  export const DMA_START: number
  export const DMA_TO_RAM: number
  export const DMA_INTERRUPT: number
  export const FACTORIAL_DONE: number
  export const DMA_DONE: number
  export const DMA_BUFFER: number
  export class Edu {
    constructor(
      bus: AddressSpace,
      options?: {
        setInterrupt?: (level: boolean) => void
        setMasterAbort?: () => void
        dmaMask?: number | bigint
        schedule?: (work: () => void) => void
      },
    )
    readonly region: MemoryRegion
  }
}

declare module '*/examples/devices/pci-testdev.mjs' {
  import type { MemoryRegion } from 'guestmem'

  export const TEST: number
  export const WIDTH: number
  export const OFFSET: number
  export const DATA: number
  export const COUNT: number
  export const NAME: number
  export class PciTestdev {
    readonly memory: MemoryRegion
    readonly ports: MemoryRegion
    readonly notified: number
  }
}

declare module '*/examples/devices.mjs' {}

declare module '*/examples/devices/dma-engine.mjs' {
  import type { AddressSpace, MemoryRegion } from 'guestmem'

  export const RING_LOW: number
  export const RING_HIGH: number
  export const RING_SIZE: number
  export const CONTROL: number
  export const TAIL: number
  export const HEAD: number
  export const STATUS: number
  export const INTERRUPT: number
  export const CONTROL_RUN: number
  export const STATUS_RUNNING: number
  export const STATUS_BAD_RING: number
  export const DESCRIPTOR_BYTES: number
  export const ADDRESS: number
  export const LENGTH: number
  export const FLAGS: number
  export const MOVED: number
  export const COMPLETION: number
  export const FLAG_NEXT: number
  export const FLAG_TO: number
  export const FLAG_INTERRUPT: number
  export const COMPLETION_DONE: number
  export const COMPLETION_ERROR: number
  export class DmaEngine {
    constructor(bus: AddressSpace, setInterrupt?: (level: boolean) => void)
    readonly region: MemoryRegion
  }
}

declare module '*/examples/devices/dma-run.mjs' {
  import type { Worker } from 'node:worker_threads'
  export function runDma(
    rounds: number,
    start?: (workerData: object) => Worker,
  ): Promise<{ transfers: number; early: number }>
}

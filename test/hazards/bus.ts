import { tell } from './stepper.ts'

/** Memory as a copy's model sees it: loads and stores, each of which a guest may come before. */
export class Bus {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  load(address: number, width: number): Uint8Array {
    tell('load', address, width)
    return this.bytes.slice(address, address + width)
  }

  store(address: number, value: Uint8Array): void {
    tell('store', address, value.length)
    this.bytes.set(value, address)
  }
}

/** The accesses of a copy, written out as its documented code makes them. */
export type CopyModel = (bus: Bus, dst: number, src: number, length: number) => void

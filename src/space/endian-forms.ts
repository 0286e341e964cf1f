import { swap16, swap32, swap64 } from '../ram/access/views.ts'
import type { MemTxAttrs } from '../request/attrs.ts'

/** The little- and big-endian forms of a space's accesses, made of those in the target's byte order (RULES I3). */
export abstract class EndianForms {
  abstract readonly endian: 'little' | 'big'
  abstract load16(address: number, attrs?: MemTxAttrs): number
  abstract load32(address: number, attrs?: MemTxAttrs): number
  abstract load64(address: number, attrs?: MemTxAttrs): bigint
  abstract store16(address: number, value: number, attrs?: MemTxAttrs): void
  abstract store32(address: number, value: number, attrs?: MemTxAttrs): void
  abstract store64(address: number, value: bigint, attrs?: MemTxAttrs): void

  load16le(address: number, attrs?: MemTxAttrs): number {
    const value = this.load16(address, attrs)
    return this.endian === 'little' ? value : swap16(value)
  }

  load16be(address: number, attrs?: MemTxAttrs): number {
    const value = this.load16(address, attrs)
    return this.endian === 'big' ? value : swap16(value)
  }

  load32le(address: number, attrs?: MemTxAttrs): number {
    const value = this.load32(address, attrs)
    return this.endian === 'little' ? value : swap32(value)
  }

  load32be(address: number, attrs?: MemTxAttrs): number {
    const value = this.load32(address, attrs)
    return this.endian === 'big' ? value : swap32(value)
  }

  load64le(address: number, attrs?: MemTxAttrs): bigint {
    const value = this.load64(address, attrs)
    return this.endian === 'little' ? value : swap64(value)
  }

  load64be(address: number, attrs?: MemTxAttrs): bigint {
    const value = this.load64(address, attrs)
    return this.endian === 'big' ? value : swap64(value)
  }

  store16le(address: number, value: number, attrs?: MemTxAttrs): void {
    this.store16(address, this.endian === 'little' ? value : swap16(value), attrs)
  }

  store16be(address: number, value: number, attrs?: MemTxAttrs): void {
    this.store16(address, this.endian === 'big' ? value : swap16(value), attrs)
  }

  store32le(address: number, value: number, attrs?: MemTxAttrs): void {
    this.store32(address, this.endian === 'little' ? value : swap32(value), attrs)
  }

  store32be(address: number, value: number, attrs?: MemTxAttrs): void {
    this.store32(address, this.endian === 'big' ? value : swap32(value), attrs)
  }

  store64le(address: number, value: bigint, attrs?: MemTxAttrs): void {
    this.store64(address, this.endian === 'little' ? value : swap64(BigInt.asUintN(64, value)), attrs)
  }

  store64be(address: number, value: bigint, attrs?: MemTxAttrs): void {
    this.store64(address, this.endian === 'big' ? value : swap64(BigInt.asUintN(64, value)), attrs)
  }
}

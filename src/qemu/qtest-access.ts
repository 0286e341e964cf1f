import type { AddressSpace } from 'guestmem'
import { addressParts } from './address-parts.ts'

/** Where nothing is mapped, and nothing can be, the data is zero and writes are dropped (RULES E5). */
export function readBytes(space: AddressSpace, address: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (const part of addressParts(address, size))
    if (part.address !== undefined) space.read(part.address, bytes.subarray(part.at, part.at + part.size))
  return bytes
}

export function writeBytes(space: AddressSpace, address: bigint, bytes: Uint8Array): void {
  for (const part of addressParts(address, bytes.length))
    if (part.address !== undefined) space.write(part.address, bytes.subarray(part.at, part.at + part.size))
}

export function fillBytes(space: AddressSpace, address: bigint, byte: number, size: number): void {
  for (const part of addressParts(address, size))
    if (part.address !== undefined) space.fill(part.address, byte, part.size)
}

/**
 * A value of `size` bytes in the target's order. Unlike a guest's own load it may be split: qtest reads bytes, and an
 * access that a device has no unaligned form of comes in pieces (RULES E4, I4).
 */
export function readValue(space: AddressSpace, address: bigint, size: number): bigint {
  const bytes = readBytes(space, address, size)
  if (space.endian === 'little') bytes.reverse()
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

/** @param value Taken modulo 2 to the power of its bits. */
export function writeValue(space: AddressSpace, address: bigint, size: number, value: bigint): void {
  const bytes = Uint8Array.from({ length: size }, (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * i))))
  if (space.endian === 'big') bytes.reverse()
  writeBytes(space, address, bytes)
}

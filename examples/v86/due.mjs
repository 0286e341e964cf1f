// What the guest must have told, and what must be in its memory and on the disk, when firmware.mjs has run.

import {
  CALLS,
  DISK_DATA,
  DISK_SECTORS,
  FROM_SECTOR,
  PATTERN,
  PATTERN_BYTES,
  RETURNED,
  STEP,
  TO_SECTOR,
} from './guest-memory.mjs'

export const SECTOR_BYTES = 512
export const DISK = Uint8Array.from({ length: 64 * SECTOR_BYTES }, (_, at) => (at * 7) ^ (at >> 8))

/** @param {{ edu: { address: number }, disk: { address: number } }} cards */
export function dueLines({ edu, disk }) {
  return {
    edu: edu.address,
    identification: 0x0100_00ed,
    liveness: ~0x1234_5678 >>> 0,
    factorial: 479_001_600,
    sent: PATTERN_BYTES,
    equal: 1,
    'sum before': CALLS,
    'sum after': 2 * CALLS,
    'master abort': 0x2000_0000,
    disk: disk.address,
    features: 1,
    'queue size': 16,
    sectors: DISK.length / SECTOR_BYTES,
    read: 0,
    write: 0,
    beyond: 1,
    used: 3 << 16,
    interrupts: 9,
    done: 0,
  }
}

/**
 * @param {(address: number, bytes: number) => Uint8Array} read As v86 itself does.
 * @returns {string[]} What is wrong.
 */
export function wrongBytes(read, file) {
  const pattern = Uint32Array.from({ length: PATTERN_BYTES / 4 }, (_, index) => (index + 1) * STEP)
  const sectors = DISK.slice(FROM_SECTOR * SECTOR_BYTES, (FROM_SECTOR + DISK_SECTORS) * SECTOR_BYTES)
  const disk = DISK.slice()
  disk.set(sectors, TO_SECTOR * SECTOR_BYTES)
  const due = {
    'the pattern': [read(PATTERN, PATTERN_BYTES), new Uint8Array(pattern.buffer)],
    'what edu returned': [read(RETURNED, PATTERN_BYTES), new Uint8Array(pattern.buffer)],
    'what the disk read': [read(DISK_DATA, sectors.length), sectors],
    'the disk': [file, disk],
  }
  return Object.keys(due).filter(name => Buffer.compare(...due[name]) !== 0)
}

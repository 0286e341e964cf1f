// Where the guest of firmware.mjs keeps things in its RAM.

export const INTERRUPTS = 0x5000
export const SEEN_INTERRUPTS = 0x5004
/** Where the registers of edu are. */
export const EDU_REGISTERS = 0x5008
/** Where each structure of virtio-blk is, by its type. */
export const STRUCTURES = 0x5010

/** A page of a pattern, which goes to edu, and comes back to another. */
export const PATTERN = 0x20_0000
export const RETURNED = 0x30_0000
export const PATTERN_BYTES = 4096
/** The first word of the pattern, and by how much each is more than the one before. */
export const STEP = 0x9e37_79b9

/** What is read from the disk, and written to elsewhere on it. */
export const DISK_DATA = 0x50_0000
export const DISK_SECTORS = 8
export const FROM_SECTOR = 3
export const TO_SECTOR = 40
/** How often a function is called, before and after it is written over. */
export const CALLS = 2_000_000

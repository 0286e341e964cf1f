// What the harts of the program share, and where it is: offsets from DATA on.

import { RAM } from '../layout.mjs'

export const DATA = RAM + 0x1_0000
/** Locks, and what they guard: two counters, and the ring. */
export const LOCK = { swap: 0, reserved: 8, ring: 16 }
export const COUNT = { swap: 24, reserved: 32, added: 40, sum: 48 }
/** Words that harts count up when they arrive, and wait at. */
export const BARRIERS = 64
/** A word of 8 bytes for each hart: interrupts that it has got from others; turns that it has had. */
export const IPIS = 128
export const TURNS = 192
/** Of each hart, where its trap handler saves registers. */
export const SAVED = 256
export const SAVED_BYTES = 64
/** The queue: descriptors, and the two rings. */
export const QUEUE_ENTRIES = 16
export const DESCRIPTORS = 0x1000
export const AVAILABLE = 0x1100
export const USED = 0x1200
/** Of each hart: the request's header, its status, and a sector. */
export const REQUEST = 0x2000
export const REQUEST_BYTES = 0x400
export const STATUS = 0x10
export const SECTOR = 0x200
export const SECTOR_BYTES = 512

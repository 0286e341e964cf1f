/** Where things are in the machine of these tests. */
export const ADDRESS = {
  /** RAM: words that vCPUs talk through, and what devices store. */
  flags: 0x1000,
  buffer: 0x8000,
  mailbox: 0x9000,
  descriptor: 0xa000,
  acknowledged: 0xa040,
  window: 0x1000_0000,
  flash: 0x2000_0000,
  bars: 0x8000_0000,
  config: 0x9000_0000,
  dma: 0x9100_0000,
  interrupts: 0x9200_0000,
  posted: 0x9300_0000,
  doorbell: 0x9400_0000,
  counter: 0x9500_0000,
  picky: 0x9600_0000,
  register: 0x9700_0000,
  lines: 0x9800_0000,
  pages: 0x4_0000,
} as const

/** A word in RAM that vCPUs talk through, on a cache line of its own. */
export const FLAG = (i: number): number => ADDRESS.flags + 64 * i

import type { AccessFile, Case } from './access-files.ts'

/** A RAM, a ROM device and a register block at 0x1000, 0x2000 and 0x3000; the block's last byte is at 0x3005. */
export function machine(cases: Case[], ops: Record<string, unknown> = {}): AccessFile {
  return {
    format: 'qemu-access-trace/1',
    target_big_endian: false,
    flat: {
      m: [
        ['0x1000', '0x1fff', 1, '0x0'],
        ['0x2000', '0x2fff', 2, '0x1000'],
        ['0x3000', '0x3005', 3, '0x0'],
        ['0x3006', '0x3fff', 1, '0x1006'],
      ],
      i: [],
    },
    regions: {
      1: { name: 'ram', type: 'ram', abs: '0x1000' },
      2: { name: 'flash', type: 'romd', abs: '0x1000', ops: { valid: {}, impl: {} } },
      3: { name: 'registers', type: 'i/o', abs: '0x3000', ops: { endianness: 'little', valid: {}, impl: {}, ...ops } },
    },
    cases,
  }
}

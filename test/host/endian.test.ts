import { endianness } from 'node:os'
import { expect, test } from 'vitest'
import { HOST_LITTLE_ENDIAN } from '../../src/host/endian.ts'

test('the byte order is the one that Node was built for', () => {
  expect(HOST_LITTLE_ENDIAN).toBe(endianness() === 'LE')
})

import fc from 'fast-check'
import { AddressSpace, MemoryRegion, MemTxAttrs, MemTxResult } from 'guestmem'
import { expect, test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { ACCESSES } from './support/access-campaigns.ts'

test.each(ACCESSES.map(campaign => [campaign.name, campaign] as const))(
  '%s',
  (_, campaign) => pursue(campaign),
  120_000,
)

test('a gap of many gigabytes, whose end shares a part of 16 bytes with memory', () => {
  for (const { property } of ACCESSES) fc.assert(property, { numRuns: 1, examples: [[-17, 3]] })
})

test('an access for memory alone, or with attributes that are none, is refused of a device that is known, too (E8)', () => {
  const asked: MemTxAttrs[] = []
  const device = MemoryRegion.io(
    'device',
    { read: (_offset, _size, attrs) => asked.push(attrs), write: () => {} },
    4096,
  )
  const space = new AddressSpace('space', device)
  for (let i = 0; i < 200; i++) space.load32(4 * i)
  const memory = MemTxAttrs.of({ memory: true })
  const secure = MemTxAttrs.of({ secure: true })
  asked.length = 0
  expect([space.load32(0, memory), space.result]).toEqual([0, MemTxResult.ACCESS_ERROR])
  space.store8(0, 1, memory)
  expect(space.result).toBe(MemTxResult.ACCESS_ERROR)
  for (const access of ['load8', 'load16', 'load32', 'load64Pair'] as const)
    expect(() => space[access](0, {} as MemTxAttrs)).toThrow(TypeError)
  space.load16(2, secure)
  expect(asked).toEqual([secure])
})

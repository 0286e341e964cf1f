import { describe, expect, test } from 'vitest'
import { replayAccess } from '../../src/qemu/qemu.ts'
import { type Case, type Event, fixture } from './access-files.ts'
import { machine } from './access-machine.ts'

/** A wrong recording of a case; false where this case has nothing to be wrong about. */
type Change = (item: Case, events: Event[]) => boolean

const other = (value: string) => `0x${(BigInt(value) ^ 1n).toString(16)}`
const call = (events: Event[]) => events.find(event => !event[0].startsWith('!'))
const rejection = (events: Event[]) => events.find(event => event[0].startsWith('!'))
const edit = (event: Event | undefined, index: number, to: (event: Event) => string | number) => {
  if (event === undefined) return false
  event[index] = to(event) as never
  return true
}

const CHANGES: Record<string, Change> = {
  'the address of a callback': (_, events) => edit(call(events), 1, event => other(event[1])),
  'the size of a callback': (_, events) => edit(call(events), 2, event => (event[2] === 1 ? 2 : event[2] / 2)),
  'the value of a callback': (_, events) => edit(call(events), 3, event => other(event[3])),
  'the direction of a callback': (_, events) => edit(call(events), 0, event => (event[0] === 'r' ? 'w' : 'r')),
  'a callback too few': (_, events) =>
    call(events) !== undefined && events.splice(events.indexOf(call(events) as Event), 1).length > 0,
  'a callback too many': (item, events) => events.push([item[1], '0x10', 1, '0x0']) > 0,
  'the order of two events': (_, events) => {
    const [first, second] = events
    if (JSON.stringify(first) === JSON.stringify(second)) return false
    events.reverse()
    return events.length === 2
  },
  'the offset of a rejected piece': (_, events) => edit(rejection(events), 1, event => other(event[1])),
  'the size of a rejected piece': (_, events) =>
    edit(rejection(events), 2, event => (event[2] === 1 ? 2 : event[2] / 2)),
  'the region of a rejected piece': (_, events) => edit(rejection(events), 3, () => 'another'),
  'the reason of a rejected piece': (_, events) => edit(rejection(events), 4, () => 'another'),
  'a rejected piece too few': (_, events) =>
    rejection(events) !== undefined && events.splice(events.indexOf(rejection(events) as Event), 1).length > 0,
  'a rejected piece too many': (item, events) => events.push([`!${item[1]}`, '0x10', 1, '(null)', 'rejected']) > 0,
  'the last byte read': item => {
    if (item[1] !== 'r') return false
    item[4] = item[4].slice(0, -1) + (item[4].endsWith('0') ? '1' : '0')
    return true
  },
}

describe('a wrong recording is different, in the case that is wrong and no other', () => {
  // Both byte orders, memory and port I/O, fw_cfg's functions, holes.
  describe.each(['x86_64-pc', 'hppa-hppa', 'sparc-SS-20', 'aarch64-virt'])('%s', name => {
    test.each(Object.entries(CHANGES))('%s', (_, change) => {
      const file = fixture(name)
      const changed: number[] = []
      file.cases.forEach((item, index) => {
        const copy = structuredClone(item)
        if (item[6] !== 'd' || !change(copy, copy[5])) return
        file.cases[index] = copy
        changed.push(index)
      })
      expect(changed.length).toBeGreaterThan(0)
      expect(replayAccess(file).different.map(difference => difference.case)).toEqual(changed)
    })
  })

  test('a byte of RAM that was written otherwise', () => {
    const file = machine([
      ['m', 'w', '0x1000', 4, '01020304', [], 'r'],
      ['m', 'r', '0x1000', 4, '01020305', [], 'r'],
    ])
    expect(replayAccess(file).different).toEqual([
      {
        case: 1,
        request: 'm read 0x1000 4',
        expected: ['bytes 01020305', 'result OK'],
        got: ['bytes 01020304', 'result OK'],
      },
    ])
  })
})

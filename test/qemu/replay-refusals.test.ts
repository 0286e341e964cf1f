import { expect, test } from 'vitest'
import { replayAccess } from '../../src/qemu/qemu.ts'
import { machine } from './access-machine.ts'

type Key = string | number

const registers = (fields: Record<string, unknown>) => ({ name: 'x', type: 'i/o', abs: '0x0', ...fields })

/** What is put where in a good file, and how it is refused. */
const BROKEN: [readonly Key[], unknown, string][] = [
  [['format'], 'x', 'json.format must be one of qemu-access-trace/1, got "x"'],
  [['target_big_endian'], 1, 'json.target_big_endian must be a boolean, got 1'],
  [['flat', 'm', 0, 2], 9, 'json.flat.m[0][2] must be the id of one of json.regions, got 9'],
  [['flat', 'm', 1, 0], '0x1fff', 'json.flat.m[1][0] must be behind the range before it, got "0x1fff"'],
  [['flat', 'm', 1, 1], '0x1fff', 'json.flat.m[1][1] must be no lower than the first address, got "0x1fff"'],
  [['flat', 'm'], undefined, 'json.flat.m must be an array, got undefined'],
  [['regions', 3], registers({ type: 'x' }), 'json.regions["3"].type must be one of i/o, ram, rom, romd, got "x"'],
  [['regions', 3], registers({ abs: 12 }), 'json.regions["3"].abs must be a hexadecimal string below 2^64, got 12'],
  [['regions', 3], registers({ ops: [] }), 'json.regions["3"].ops must be an object, got []'],
  [
    ['regions', 3],
    registers({ ops: { valid: { max: '4' } } }),
    'json.regions["3"].ops.valid.max must be an integer from 0 to 4294967295, got "4"',
  ],
  [
    ['regions', 3],
    registers({ ops: { impl: { unaligned: 2 } } }),
    'json.regions["3"].ops.impl.unaligned must be an integer from 0 to 1, got 2',
  ],
  [['cases', 0], ['m'], 'json.cases[0] must be an array of 7, got ["m"]'],
  [['cases', 0, 0], 'p', 'json.cases[0][0] must be one of m, i, got "p"'],
  [['cases', 0, 2], 12, 'json.cases[0][2] must be a hexadecimal string below 2^64, got 12'],
  [['cases', 0, 2], '0x10000000000000000', 'json.cases[0][2] must be a hexadecimal string below 2^64'],
  [['cases', 0, 4], '0', 'json.cases[0][4] must be 1 bytes in hexadecimal, got "0"'],
  [['cases', 0, 4], '00*2', 'json.cases[0][4] must be 1 bytes in hexadecimal, got "00*2"'],
  [['cases', 0, 5, 0, 0], 'x', 'json.cases[0][5][0][0] must be one of r, w, !r, !w, got "x"'],
  [['cases', 0, 5, 0, 2], 0, 'json.cases[0][5][0][2] must be an integer from 1 to 8, got 0'],
  [['cases', 0, 5, 0], ['!r', '0x0', 1, 'x'], 'json.cases[0][5][0] must be an array of 5, got'],
  [['cases', 0, 6], 'z', 'json.cases[0][6] must be one of d, x, r, n, u, got "z"'],
]

const good = () => machine([['m', 'r', '0x3000', 1, '00', [['r', '0x3000', 1, '0x0']], 'd']])

test.each(BROKEN)('a bad field is refused by its path: %j is %j', (path, value, message) => {
  const file = good()
  let at = file as unknown as Record<Key, unknown>
  for (const key of path.slice(0, -1)) at = at[key] as Record<Key, unknown>
  at[path[path.length - 1] as Key] = value
  expect(() => replayAccess(file)).toThrow(message)
  expect(() => replayAccess(file)).toThrow(TypeError)
})

test('text is taken as well', () => {
  expect(replayAccess(JSON.stringify(good()))).toMatchObject({ cases: 1, equal: 1 })
  expect(() => replayAccess('{')).toThrow(SyntaxError)
  expect(() => replayAccess(undefined)).toThrow('json must be an object, got undefined')
})

import { expect, test } from 'vitest'
import { CACHE_MODES, checkCacheMode } from '../../src/host/cache-mode.ts'

test('the cache modes are the four of S1, and frozen', () => {
  expect(CACHE_MODES).toEqual(['normal', 'writecombine', 'noncached', 'device'])
  expect(Object.isFrozen(CACHE_MODES)).toBe(true)
})

test.each(CACHE_MODES)('checkCacheMode lets %s through', mode => {
  expect(checkCacheMode(mode, 'cacheMode')).toBe(mode)
})

test.each([
  ['write-combine', '"write-combine"'],
  ['', '""'],
  ['toString', '"toString"'],
  [undefined, 'undefined'],
  [null, 'null'],
  [0, '0'],
  [1n, '1n'],
  [Symbol('normal'), 'Symbol(normal)'],
  [['normal'], 'an array'],
  [Object.create(null), 'an object'],
  [() => 'normal', 'a function'],
])('checkCacheMode refuses %o, naming the argument and the value', (value, shown) => {
  expect(() => checkCacheMode(value, 'region.cacheMode')).toThrow(
    new TypeError(`region.cacheMode must be one of normal, writecombine, noncached, device, got ${shown}`),
  )
})

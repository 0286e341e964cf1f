import { MemTxFault, MemTxResult, memTxFault } from 'guestmem'
import { describe, expect, test } from 'vitest'

describe('E7 results', () => {
  test('are bits, in a frozen table', () => {
    expect(MemTxResult).toEqual({ OK: 0, ERROR: 1, DECODE_ERROR: 2, ACCESS_ERROR: 4 })
    expect(Object.isFrozen(MemTxResult)).toBe(true)
  })

  test.each([1, 2, 3, 4, 5, 6, 7])('memTxFault(%i) is one object, frozen', result => {
    const fault = memTxFault(result)
    expect(fault).toBeInstanceOf(MemTxFault)
    expect(fault.result).toBe(result)
    expect(memTxFault(result)).toBe(fault)
    expect(Object.isFrozen(fault)).toBe(true)
  })

  test.each([0, 8, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('memTxFault(%s) is refused', value => {
    expect(() => memTxFault(value)).toThrow(RangeError)
    expect(() => memTxFault(value)).toThrow(/^result .*got /)
    expect(() => memTxFault(value)).toThrow(String(value))
  })

  test.each([undefined, null, '1', {}, 1n])('memTxFault of what is no number (%s) is refused', value => {
    expect(() => memTxFault(value as unknown as number)).toThrow(/^result /)
  })
})

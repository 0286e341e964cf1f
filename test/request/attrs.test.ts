import { MemTxAttrs } from 'guestmem'
import { describe, expect, test } from 'vitest'

const CONSTANTS = [
  ['UNSPECIFIED', { secure: false, user: false, requesterId: 0, strict: true, memory: false }],
  ['RELAXED', { secure: false, user: false, requesterId: 0, strict: false, memory: false }],
  ['SECURE', { secure: true, user: false, requesterId: 0, strict: true, memory: false }],
  ['USER', { secure: false, user: true, requesterId: 0, strict: true, memory: false }],
] as const

describe('S4 attributes', () => {
  test.each(CONSTANTS)('%s is a frozen constant, strict unless it says otherwise', (name, fields) => {
    const attrs = MemTxAttrs[name]
    expect({ ...attrs }).toEqual(fields)
    expect(attrs).toBeInstanceOf(MemTxAttrs)
    expect(Object.isFrozen(attrs)).toBe(true)
    expect(() => Object.assign(attrs, { strict: !attrs.strict })).toThrow(TypeError)
    expect({ ...attrs }).toEqual(fields)
  })

  test('the builder fills in what is left out', () => {
    expect({ ...MemTxAttrs.of({}) }).toEqual({ ...MemTxAttrs.UNSPECIFIED })
    const attrs = MemTxAttrs.of({ secure: true, user: true, requesterId: 0xffff, strict: false, memory: true })
    expect({ ...attrs }).toEqual({ secure: true, user: true, requesterId: 0xffff, strict: false, memory: true })
    expect([attrs.fetch, attrs.debug]).toEqual([false, false])
    expect(Object.isFrozen(attrs)).toBe(true)
    expect(MemTxAttrs.of({ requesterId: 0x1f8 }).requesterId).toBe(0x1f8)
  })

  test("a fetch, and a debugger's access, which the bus does not carry", () => {
    const fetch = MemTxAttrs.of({ fetch: true })
    expect([fetch.fetch, fetch.debug]).toEqual([true, false])
    const { DEBUG } = MemTxAttrs
    expect([DEBUG.fetch, DEBUG.debug, MemTxAttrs.of({ debug: true }).debug]).toEqual([false, true, true])
    expect({ ...DEBUG }).toEqual({ ...MemTxAttrs.UNSPECIFIED })
    expect(() => Object.assign(DEBUG, { debug: false })).toThrow(TypeError)
  })

  test.each([
    ['fetch', 1, TypeError],
    ['debug', 'yes', TypeError],
    ['secure', 1, TypeError],
    ['user', 'yes', TypeError],
    ['strict', null, TypeError],
    ['memory', 1, TypeError],
    ['requesterId', '3', TypeError],
    ['requesterId', -1, RangeError],
    ['requesterId', 0x1_0000, RangeError],
    ['requesterId', 1.5, RangeError],
    ['requesterId', Number.NaN, RangeError],
  ])('%s: %s is refused by name and value', (field, value, kind) => {
    const make = () => MemTxAttrs.of({ [field]: value })
    expect(make).toThrow(kind)
    expect(make).toThrow(`init.${field}`)
    expect(make).toThrow(typeof value === 'string' ? JSON.stringify(value) : String(value))
  })

  test('what somebody put on Object.prototype is left out', () => {
    const everybodys = Object.prototype as { strict?: unknown }
    everybodys.strict = 'polluted'
    try {
      expect(MemTxAttrs.of({ secure: true }).strict).toBe(true)
    } finally {
      delete everybodys.strict
    }
  })

  test('a misspelt key, and what is no object', () => {
    expect(() => MemTxAttrs.of({ strikt: false } as object)).toThrow(/init.*"strikt"/)
    for (const value of [undefined, null, 7, 'strict', []])
      expect(() => MemTxAttrs.of(value as unknown as object)).toThrow(/^init must be an object/)
  })
})

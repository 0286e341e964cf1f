import { describe, expect, test } from 'vitest'
import { checkLitmusOptions } from '../../src/litmus/options.ts'
import { runLitmus } from '../../src/litmus/run-litmus.ts'

test('what is left out or undefined is as the documentation says', () => {
  const defaults = { seconds: 12, onProgress: expect.any(Function), worker: undefined }
  for (const options of [undefined, {}, { seconds: undefined, onProgress: undefined, worker: undefined }])
    expect(checkLitmusOptions(options)).toEqual(defaults)
  expect(checkLitmusOptions({}).onProgress(0, 1, '', '')).toBeUndefined()
})

test('what is given is taken', () => {
  const onProgress = () => {}
  const worker = new URL('https://example.org/worker.js')
  expect(checkLitmusOptions({ seconds: 0.5, onProgress, worker })).toEqual({ seconds: 0.5, onProgress, worker })
})

describe('refused is', () => {
  const symbol = Symbol('s')
  test.each<[unknown, new () => Error, RegExp]>([
    [null, TypeError, /^options must be an object, got null$/],
    [12, TypeError, /^options must be an object, got 12$/],
    ['12', TypeError, /^options must be an object, got "12"$/],
    [[12], TypeError, /^options must be an object, got an array$/],
    [() => {}, TypeError, /^options must be an object, got a function$/],
    [{ second: 1 }, TypeError, /^options must have keys among seconds, onProgress, worker, got "second"$/],
    [{ seconds: '5' }, TypeError, /^options\.seconds must be a number over 0, got "5"$/],
    [{ seconds: 5n }, TypeError, /^options\.seconds must be a number over 0, got 5n$/],
    [{ seconds: null }, TypeError, /^options\.seconds must be a number over 0, got null$/],
    [{ seconds: 0 }, RangeError, /^options\.seconds must be a number over 0, got 0$/],
    [{ seconds: -1 }, RangeError, /^options\.seconds must be a number over 0, got -1$/],
    [{ seconds: Number.NaN }, RangeError, /^options\.seconds must be a number over 0, got NaN$/],
    [{ seconds: Number.POSITIVE_INFINITY }, RangeError, /^options\.seconds must be a number over 0, got Infinity$/],
    [{ onProgress: {} }, TypeError, /^options\.onProgress must be a function, got an object$/],
    [{ onProgress: null }, TypeError, /^options\.onProgress must be a function, got null$/],
    [{ worker: 7 }, TypeError, /^options\.worker must be a URL, an address or a function .*, got 7$/],
    [{ worker: '' }, TypeError, /^options\.worker must be .*, got ""$/],
    [{ worker: null }, TypeError, /^options\.worker must be .*, got null$/],
    [{ worker: { href: 7 } }, TypeError, /^options\.worker must be .*, got an object$/],
    [{ worker: symbol }, TypeError, /^options\.worker must be .*, got Symbol\(s\)$/],
  ])('%o', async (options, kind, text) => {
    const refused = runLitmus(options as object)
    await expect(refused).rejects.toThrow(kind)
    await expect(refused).rejects.toThrow(text)
  })
})

test('what somebody has put on Object.prototype is no option', () => {
  const polluted = Object.prototype as { seconds?: unknown; worker?: unknown }
  polluted.seconds = 'no number'
  polluted.worker = 7
  try {
    expect(checkLitmusOptions({}).seconds).toBe(12)
    expect(checkLitmusOptions({}).worker).toBeUndefined()
  } finally {
    delete polluted.seconds
    delete polluted.worker
  }
})

import { HOST_PROFILES, type RouteQuery, route } from 'guestmem'
import { expect, test } from 'vitest'

const QUERY: RouteQuery = {
  kind: 'ram',
  cacheMode: 'normal',
  write: false,
  strict: true,
  host: HOST_PROFILES.aarch64,
  policy: 'by-mapping',
}

test.each<[keyof RouteQuery | 'kinds', unknown, string]>([
  ['kind', 'RAM', 'query.kind must be one of container, ram'],
  ['kind', undefined, 'query.kind must be one of'],
  ['cacheMode', 'uncached', 'query.cacheMode must be one of normal'],
  ['cacheMode', null, 'got null'],
  ['write', 1, 'query.write must be a boolean, got 1'],
  ['strict', undefined, 'query.strict must be a boolean, got undefined'],
  ['host', 5n, 'query.host must be an object, got 5n'],
  ['host', { ...HOST_PROFILES.aarch64, access: {} }, 'query.host.access.normal must be an object'],
  ['policy', 'by-magic', 'query.policy must be one of'],
  ['kinds', 'ram', 'query must have keys among kind'],
])('route refuses %s = %o by name', (field, value, text) => {
  const call = () => route({ ...QUERY, [field]: value })
  expect(call).toThrow(TypeError)
  expect(call).toThrow(text)
})

test('a region that is no memory has no cache mode', () => {
  expect(route({ ...QUERY, kind: 'io', cacheMode: undefined })).toBe('ops')
  expect(() => route(5 as never)).toThrow('query must be an object, got 5')
})

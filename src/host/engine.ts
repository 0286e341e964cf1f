/** True in V8, as far as an error's text tells: it is asked for speed alone. */
export const IS_V8: boolean = /* @__PURE__ */ (() => {
  try {
    return (undefined as unknown as { x: boolean }).x
  } catch (error) {
    return (error as Error).message.startsWith('Cannot read prop')
  }
})()

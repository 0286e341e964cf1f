/** An error as text with its stack; Firefox and WebKit leave the message out of theirs. */
export function tell(error) {
  const [text, stack] = [String(error), error?.stack ?? '']
  return stack.startsWith(text) ? stack : `${text}\n${stack}`
}

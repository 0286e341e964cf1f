/**
 * Prints rows under a heading: numbers to the right, text to the left.
 *
 * @param {string[]} heading
 * @param {(string | number)[][]} rows
 */
export function printTable(heading, rows) {
  const columns = heading.map((title, column) => {
    const cells = rows.map(row => row[column])
    const texts = [title, ...cells.map(cell => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell))]
    const width = Math.max(...texts.map(text => text.length))
    const right = cells.some(cell => typeof cell === 'number')
    const padded = texts.map(text => (right ? text.padStart(width) : text.padEnd(width)))
    padded.splice(1, 0, '-'.repeat(width))
    return padded
  })
  for (let line = 0; line < rows.length + 2; line++)
    console.log(`  ${columns.map(column => column[line]).join('  ')}`.trimEnd())
  console.log()
}

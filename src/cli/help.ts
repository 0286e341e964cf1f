/** How the process ends, for `litmus` by its verdict. */
export const EXIT = { 'as promised': 0, WRONG: 1, 'not shown': 2, misuse: 3, failed: 4 } as const

export const LITMUS_HELP: string = `guestmem litmus [--minutes N | --seconds N] [--json FILE]

  Races guestmem's copies and their rivals in two threads on this host and engine, for 12 seconds unless said, and
  prints how often each was caught. --json writes the report to a file as well.

  Ends with 0 where all is as promised, 1 where one of guestmem's copies was caught, 2 where this run shows nothing
  (no bad copy was caught: a busy machine, a single CPU), ${EXIT.misuse} for a mistake in the arguments, ${EXIT.failed} where the races
  could not be run.
`

export const HELP: string = `guestmem litmus         races guestmem's copies on this host and engine
guestmem help [litmus]  says how it is used, as --help (-h) does
guestmem --version      prints the version of guestmem, as -v does

${LITMUS_HELP}`

export const COMMANDS: Readonly<Record<string, string>> = { litmus: LITMUS_HELP, help: HELP }

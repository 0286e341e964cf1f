/** As the face's own (of guest RAM and regions): a function can't be cloned, and V8's error shows its text. */
export const BOARD_NOT_CLONED: () => never = () => {
  throw new TypeError('boards and members are not cloned: post board.handle()')
}

/** A table with a header: columns of numbers to the right, others to the left. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = header.map((title, index) => {
    const cells = rows.map((row) => row[index] ?? '');
    const numeric = cells.every((cell) => cell === '' || /^[+-]?[\d.]+$|^NaN$/.test(cell));
    return { width: Math.max(title.length, ...cells.map(({ length }) => length)), numeric };
  });
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ width, numeric }, index) =>
        numeric ? (cells[index] ?? '').padStart(width) : (cells[index] ?? '').padEnd(width),
      )
      .join('  ')
      .trimEnd();
  return [line(header), line(columns.map(({ width }) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

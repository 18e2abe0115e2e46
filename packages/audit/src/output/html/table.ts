import { html, type Markup, type Part } from './markup.ts';

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => Part;
  readonly isNumber?: boolean;
  /** The class by which a cell is coloured, or given room. */
  readonly tone?: (row: T) => string | undefined;
}

export interface TableOptions<T> {
  readonly id: string;
  /** Says what the table is to those who don't see where it stands. */
  readonly caption: string;
  /** The first names the row. */
  readonly columns: readonly [Column<T>, ...Column<T>[]];
  readonly rows: readonly T[];
}

/** A table with headers for rows and columns, which narrow screens show as a list of cards. */
export function table<T>({ id, caption, columns, rows }: TableOptions<T>): Markup {
  const [first, ...others] = columns;
  const body = rows.map(
    (row) =>
      html`<tr role="row">
        <th scope="row" role="rowheader">${first.cell(row)}</th>
        ${others.map((column) => cell(column, row))}
      </tr> `,
  );
  // The roles say again what the elements are: browsers forget it of tables that are not displayed as tables.
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table id="${id}" class="stack" role="table">
      <caption>
        ${caption}
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(header)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${body}
      </tbody>
    </table>
  </div> `;
}

function header<T>({ title, isNumber }: Column<T>): Markup {
  return html`<th scope="col" role="columnheader" class="${isNumber === true ? 'number' : ''}">${title}</th>`;
}

function cell<T>({ title, cell: content, isNumber, tone }: Column<T>, row: T): Markup {
  const classes = [isNumber === true ? 'number' : '', tone?.(row) ?? ''].filter((name) => name !== '').join(' ');
  return html`<td role="cell" class="${classes}" data-label="${title}">${content(row)}</td>`;
}

import type { GraphQLSchema } from 'graphql';
import type { ReactNode } from 'react';
import { at } from './columns';
import type { Table } from './tables';
import { classOf, textOf } from './text';

/** A table of a result; of one object, its fields below each other. */
export function TableView({ schema, table }: { schema: GraphQLSchema; table: Table }): ReactNode {
  if (table.rows.length === 0) return <p className="empty">該当するものはありません。</p>;
  return (
    <div className="table-frame">
      <table>{table.single ? <Upright schema={schema} table={table} /> : <Rows schema={schema} table={table} />}</table>
    </div>
  );
}

function Upright({ schema, table }: { schema: GraphQLSchema; table: Table }): ReactNode {
  return (
    <tbody>
      {table.columns.map((column) => (
        <tr key={column.path.join('.')}>
          <th scope="row">{column.label}</th>
          <td>{textOf(schema, column, at(table.rows[0], column.path), false)}</td>
        </tr>
      ))}
    </tbody>
  );
}

function Rows({ schema, table }: { schema: GraphQLSchema; table: Table }): ReactNode {
  return (
    <>
      <thead>
        <tr>
          {table.columns.map((column) => (
            <th scope="col" key={column.path.join('.')}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, i) => (
          <tr key={i}>
            {table.columns.map((column) => (
              <td key={column.path.join('.')} className={classOf(column)}>
                {textOf(schema, column, at(row, column.path), false)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </>
  );
}

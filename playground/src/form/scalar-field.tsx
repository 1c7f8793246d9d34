import { type GraphQLEnumType, type GraphQLScalarType, isEnumType } from 'graphql';
import type { ReactNode } from 'react';
import { useConsole } from '../console';
import { eraDate, eraFiscalYear } from '../japanese/era';
import type { FieldProps } from './field';
import { IdField } from './id-field';
import { lookupFor } from './lookup';
import { numberOf } from './value';

const NUMBERS = ['Int', 'Float', 'Yen', 'FiscalYear', 'Decimal'];

/** One value: of a closed list, an id, a date, a number, a yes or no, a text. */
export function ScalarField(props: FieldProps & { of: GraphQLEnumType | GraphQLScalarType }): ReactNode {
  const { of, path, name, argument, onChange } = props;
  const { schema } = useConsole();
  const value = typeof props.value === 'string' ? props.value : '';
  if (isEnumType(of)) return <Select id={path} value={value} options={enumOptions(of)} onChange={onChange} />;
  switch (of.name) {
    case 'Boolean':
      return <Select id={path} value={value} options={[['true', 'はい'], ['false', 'いいえ']]} onChange={onChange} />;
    case 'Date':
      return <DateField id={path} value={value} onChange={onChange} />;
    case 'ID': {
      const lookup = schema && lookupFor(schema, name, argument);
      if (lookup) return <IdField id={path} value={value} lookup={lookup} onChange={onChange} />;
    }
  }
  if (NUMBERS.includes(of.name)) return <NumberField id={path} value={value} kind={of.name} onChange={onChange} />;
  return <textarea id={path} rows={1} value={value} onChange={(e) => onChange(e.target.value)} />;
}

interface Plain {
  id: string;
  value: string;
  onChange(value: string): void;
}

function enumOptions(type: GraphQLEnumType): [string, string][] {
  return type.getValues().map(({ name, description }) => [name, description ? `${description}(${name})` : name]);
}

function Select({ id, value, options, onChange }: Plain & { options: [string, string][] }): ReactNode {
  return (
    <select id={id} value={value} onChange={(e) => onChange(e.target.value)}>
      <option value="">(選ばない)</option>
      {options.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  );
}

function DateField({ id, value, onChange }: Plain): ReactNode {
  return (
    <div className="with-beside">
      <input id={id} type="date" value={value} onChange={(e) => onChange(e.target.value)} />
      <span className="beside">{eraDate(value)}</span>
    </div>
  );
}

function NumberField({ id, value, kind, onChange }: Plain & { kind: string }): ReactNode {
  return (
    <div className="with-beside">
      <input id={id} inputMode="decimal" className="number" value={value} onChange={(e) => onChange(e.target.value)} />
      <span className="beside">{besideNumber(kind, value)}</span>
    </div>
  );
}

function besideNumber(kind: string, value: string): string {
  const number = numberOf(value);
  if (kind === 'FiscalYear') return number === null ? '' : eraFiscalYear(number);
  if (kind !== 'Yen') return '';
  return number === null ? '円' : `${number.toLocaleString('ja-JP')}円`;
}

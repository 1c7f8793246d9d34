import { type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType, isScalarType } from 'graphql';
import type { ReactNode } from 'react';
import { label, remark } from '../japanese/describe';
import { EnumList, ListField } from './list-field';
import { InputField } from './input-field';
import { ScalarField } from './scalar-field';
import type { Faults, Value } from './value';
import type { Variable } from './variables';

/** What every field of a form is given. */
export interface FieldProps {
  name: string;
  /** Its place in the form, in dots; the server names violations in the same way. */
  path: string;
  type: GraphQLInputType;
  description?: string | null;
  value: Value | undefined;
  faults: Faults;
  depth: number;
  argument: Variable['argument'];
  onChange(value: Value): void;
}

/** One field with its label, its remark and what is wrong with it. */
export function Field(props: FieldProps): ReactNode {
  const { name, path, type, description, faults } = props;
  const required = isNonNullType(type);
  const bare = required ? type.ofType : type;
  const fault = faults[path];
  const group = isInputObjectType(bare) || isListType(bare);
  const Tag = group ? 'fieldset' : 'div';
  const Title = group ? 'legend' : 'label';
  return (
    <Tag className={fault ? 'field wrong' : 'field'}>
      <Title {...(group ? {} : { htmlFor: path })}>
        {label(description, name)}
        {required && !group && <span className="required">必須</span>}
        <code>{name}</code>
      </Title>
      {remark(description) && <p className="remark">{remark(description)}</p>}
      <Control {...props} type={bare} />
      {fault && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
    </Tag>
  );
}

function Control(props: FieldProps): ReactNode {
  const { type } = props;
  if (isListType(type)) {
    const item = isNonNullType(type.ofType) ? type.ofType.ofType : type.ofType;
    return isEnumType(item) ? <EnumList {...props} of={item} /> : <ListField {...props} of={type.ofType} />;
  }
  if (isInputObjectType(type)) return <InputField {...props} of={type} />;
  return isEnumType(type) || isScalarType(type) ? <ScalarField {...props} of={type} /> : null;
}

{# Materialisation `components`: the model's SQL gives edges (left_key, right_key), the table gives for
   each key the lowest key that edges lead to. An edge from a key to itself lists the key; a model that
   is added to lists the keys of whole components only, and those are labelled anew. Each round doubles
   how far labels travel, so a chain of n takes about log2(n) rounds and none is too long.
   Test: tests/python/people. #}
{% materialization components, default -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set is_added_to = is_incremental() -%}
    {%- set scratch = [] -%}
    {{ run_hooks(pre_hooks) }}

    {%- set edges = _component_table('edges', compiled_code, scratch) -%}
    {%- set links = _component_table('links',
        'select left_key as graph_key, right_key as other_key from ' ~ edges ~ ' where left_key != right_key'
        ~ ' union select right_key, left_key from ' ~ edges ~ ' where left_key != right_key', scratch) -%}
    {%- set state = namespace(changed=1, labels=_component_table('labels_0',
        'select distinct graph_key, graph_key as label from ' ~ links, scratch)) -%}
    {%- for round in range(1, 101) if state.changed -%}
        {%- set lower = _component_table('labels_' ~ round, _lower_labels(links, state.labels), scratch) -%}
        {%- set state.changed = run_query('select count(*) from ' ~ lower ~ ' where has_changed').rows[0][0] -%}
        {%- set state.labels = lower -%}
    {%- endfor -%}
    {%- if state.changed %}{{ exceptions.raise_compiler_error('components: no end in 100 rounds') }}{% endif -%}

    {%- set whole = _component_table('whole',
        'select edges.left_key as graph_key, coalesce(labels.label, edges.left_key) as label from ' ~ edges
        ~ ' as edges left join ' ~ state.labels ~ ' as labels on edges.left_key = labels.graph_key'
        ~ ' where edges.left_key = edges.right_key', scratch) -%}

    {%- call statement('main') -%}
        {%- if is_added_to -%}
            delete from {{ target_relation }}
            where identifier_key in (select graph_key from {{ whole }});
            insert into {{ target_relation }} select graph_key, label from {{ whole }};
            insert into {{ changed_keys() }} select '{{ model.name }}', graph_key from {{ whole }}
        {%- else -%}
            {%- do adapter.drop_relation(existing) if existing is not none -%}
            {{ create_table_as(False, target_relation,
                'select graph_key as identifier_key, label as component_key from ' ~ whole) }}
        {%- endif -%}
    {%- endcall -%}

    {%- for relation in scratch %}{% do adapter.drop_relation(relation) %}{% endfor -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() if not rebuilds_everything() -%}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{# A working table of the model, made anew. #}
{% macro _component_table(suffix, sql, scratch) -%}
    {%- set relation = this.incorporate(path={'identifier': this.identifier ~ '__' ~ suffix}, type='table') -%}
    {%- do adapter.drop_relation(relation) -%}
    {%- call statement('components_' ~ suffix) -%}{{ create_table_as(False, relation, sql) }}{%- endcall -%}
    {%- do scratch.append(relation) -%}
    {{ return(relation) }}
{%- endmacro %}

{# One round: a key takes the lowest label among its own and its neighbours', the key that lent it its
   label takes it too, and every label is followed to its own label: so labels travel twice as far in
   each round (Zhang, Azad and Buluc, FastSV, 2020). #}
{% macro _lower_labels(links, labels) -%}
    with met as (
        select links.graph_key, own.label as own_label, labels.label
        from {{ links }} as links
        inner join {{ labels }} as own on links.graph_key = own.graph_key
        inner join {{ labels }} as labels on links.other_key = labels.graph_key
    ),
    reached as (
        select graph_key, label from met
        union all
        select own_label, label from met
        union all
        select graph_key, label from {{ labels }}
    ),
    lowest as (
        select graph_key, min(label) as label, max(label) as highest_label from reached group by 1
    )
    select lowest.graph_key, labels.label, lowest.highest_label != labels.label as has_changed
    from lowest
    inner join {{ labels }} as labels on lowest.label = labels.graph_key
{%- endmacro %}

"""Reads model files and lowers them to the IR.

    model = read_model(files)          # parses, resolves and checks declarations and every operation; raises
    ModelErrors
    system = lower(model, request)     # specialises to a world, a design and agents

`Model` lists what was declared: `sorts`, `states`, `operations` (with parameters, litmus form, unit), `mechanisms`,
`device_types`,
`properties`, each with its docstring and span.
"""

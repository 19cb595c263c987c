"""Which ways tokens can go through one level of a definition, whatever the data: a net, made small, then walked."""

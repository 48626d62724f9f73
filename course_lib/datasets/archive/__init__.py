"""How the data comes here: what there is (registry), where it lies (store), and how it is fetched."""

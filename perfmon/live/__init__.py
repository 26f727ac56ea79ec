"""The live path: ``publisher`` sends frames over the ``bus``, each process's ``hub`` writes them to its websockets."""

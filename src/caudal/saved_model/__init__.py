"""SavedModel: graphs with signatures, variables and assets in one folder."""

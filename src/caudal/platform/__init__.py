"""What TF1 programs use besides the engine: flags, app, logging, gfile, resource_loader, test."""

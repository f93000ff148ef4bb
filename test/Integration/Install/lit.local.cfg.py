config.parallelism_group = "install"
